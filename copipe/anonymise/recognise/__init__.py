"""What in a text may tell who or where: a recogniser a module."""
