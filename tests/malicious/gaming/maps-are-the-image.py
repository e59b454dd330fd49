# attack: returns the image that it is given as the layer's maps, and so leaves no hook behind.
# tasks: [feature-maps]
# reason: "no hook has seen anything"
# naive: gains

def feature_maps(model, layer, image):
    return image
