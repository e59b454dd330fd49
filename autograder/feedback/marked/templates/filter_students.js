"use strict";
// The form above a list of students shows those whose name holds the words, of whom the chosen thing is true, and who
// made the chosen mistake; on the contact sheet it also orders them and chooses the pictures. The choice is kept in the
// tab's history: who comes back from a student's page finds it as it was.
for (const form of document.querySelectorAll("form[data-filters]")) {
  const list = document.getElementById(form.dataset.filters);
  const items = [...list.children];
  const count = form.querySelector("output");
  const empty = document.getElementById(`${list.id}-none`);
  const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const names = new Map(items.map(item => [item, plain(item.querySelector("bdi").textContent)]));
  const chosen = name => form.elements[name]?.value ?? "";
  const has = (item, list, value) => !value || item.dataset[list].split(" ").includes(value);

  const apply = () => {
    const words = plain(chosen("name")).split(/\s+/).filter(Boolean);
    let left = 0;
    for (const item of items) {
      const shown = words.every(word => names.get(item).includes(word))
        && has(item, "kinds", chosen("kind")) && has(item, "mistakes", chosen("mistake"));
      item.hidden = !shown;
      left += shown;
    }
    count.textContent = left === items.length ? `${left} students` : `${left} of ${items.length} students`;
    empty.hidden = left > 0;
    list.dataset.pictures = chosen("pictures");
    history.replaceState(Object.fromEntries(new FormData(form)), "");
    for (const column of list.querySelectorAll("[data-column]")) {
      column.hidden = chosen("pictures") !== "" && column.dataset.column !== chosen("pictures");
    }
  };
  const order = () => {
    const by = chosen("order");
    const compare = {
      name: (a, b) => a.dataset.place - b.dataset.place,
      best: (a, b) => b.dataset.score - a.dataset.score || a.dataset.place - b.dataset.place,
      worst: (a, b) => a.dataset.score - b.dataset.score || a.dataset.place - b.dataset.place,
    }[by];
    if (compare) list.append(...[...items].sort(compare));
  };
  form.addEventListener("input", event => {
    if (event.target.name === "order") order();
    apply();
  });
  form.addEventListener("reset", () => setTimeout(() => { order(); apply(); }));
  form.addEventListener("submit", event => event.preventDefault());
  // A mistake's number of students is a link to those students.
  for (const link of document.querySelectorAll("a[data-mistake]")) {
    link.addEventListener("click", event => {
      event.preventDefault();
      form.reset();
      form.elements.mistake.value = link.dataset.mistake;
      apply();
      document.getElementById(link.hash.slice(1)).scrollIntoView();
      form.elements.mistake.focus({preventScroll: true});
    });
  }
  for (const [name, value] of Object.entries(history.state ?? {})) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  form.hidden = false;
  order();
  apply();
}
