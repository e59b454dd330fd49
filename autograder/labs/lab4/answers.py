"""The form that each procedure's answer must have: what does not have it cannot be judged, and is no fault of ours.

Answers come from a process that runs student code, so a check may rely on nothing but what stands here.
"""

from __future__ import annotations

from autograder.labs.forms import (
    Form,
    array,
    bytes_,
    count,
    each,
    either,
    flag,
    is_,
    nothing,
    number,
    numbers,
    one_of,
    pair,
    plain,
    record,
    samples,
    text,
)

SHAPES = each(pair(text, each(count)))
STATE = each(pair(text, numbers))
LOADED = either(
    record(kind=text, module=is_(False)),
    record(kind=text, module=is_(True), better=flag, training=flag, devices=each(text), state=STATE),
)
FIGURE = either(
    record(figure=is_(False), kind=text),
    record(
        figure=is_(True),
        images=each(array),
        places=each(pair(number, number)),
        blank=count,
        covered=count,
        picture=bytes_,
    ),
)
CALL = record(kind=text, rate=number, training=flag, shape=each(count))
ERROR = record(error=record(type=text, message=text, places=each(text)))
WORDS = ("BetterCNN", "dropout")  # which answers to hidden questions may hold
FORMS: dict[str, Form] = {
    "parameters": record(parameters=SHAPES, output=either(each(count), text)),
    "outputs": lambda value: (
        record(
            outputs=each(numbers), others=each(each(pair(one_of("training", "float64", "strided", "again"), numbers)))
        )(value)
        and record(parameters=SHAPES)(value)
        and len(value["outputs"]) == len(value["others"])
    ),
    "layers": each(pair(text, array)),
    "dropout_samples": record(train=samples, eval=samples, calls=each(CALL), fits=flag, batch=one_of(100)),
    "train_small": record(history=plain, kind=text, state=STATE, trained=flag),
    "devices": record(train=text, evaluate=text),
    "evaluate_small": record(accuracy=plain, kind=text, training=flag),
    "values": plain,
    "own_shapes": SHAPES,
    "round_trip": either(
        record(fits=flag, written=is_(False)),
        lambda value: record(fits=flag, written=is_(True), file=bytes_, held=text)(value) and LOADED(value),
    ),
    "load_file": LOADED,
    "from_gpu": either(record(written=is_(False)), lambda value: record(written=is_(True))(value) and LOADED(value)),
    "resume_small": either(
        record(written=is_(False)),
        record(written=is_(True), trial=is_(False), kind=text),
        record(written=is_(True), trial=is_(True), before=count, after=count, history=plain, state=STATE, held=text),
    ),
    "load_images": each(either(ERROR, record(kind=text, dtype=text, image=numbers), record(kind=text, dtype=text))),
    "classify_files": record(kind=text, inner=each(text), said=plain, none=plain),
    "filters": FIGURE,
    "map_figure": FIGURE,
    "maps": record(kind=text, maps=either(nothing, numbers), before=count, after=count),
    "maps_in_training": record(kind=text, maps=either(nothing, numbers), steady=flag, after_error=count),
    "maximise": each(record(kind=text, image=either(nothing, numbers)), length=2),
    "maximise_elsewhere": each(record(kind=text, image=either(nothing, numbers), changed=each(text))),
    "best_outputs": either(
        record(fits=is_(False), module=is_(True)),
        record(fits=is_(False), module=is_(False), kind=text),
        record(fits=is_(True), outputs=numbers),
    ),
    "weights_file": either(record(problem=text), record(state=STATE)),
}
