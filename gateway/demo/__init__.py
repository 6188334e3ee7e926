"""A media-streaming company in a box: four domains, three kinds of store, and a tour of questions about them."""
