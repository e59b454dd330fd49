"""How an answer is judged: same function, dropout, weights, accuracy, images, figures, values."""
