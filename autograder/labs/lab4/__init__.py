"""Lab 4: convolutional networks for MNIST."""
