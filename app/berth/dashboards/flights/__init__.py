"""What Explorer is made of: the table of flights, what a visitor chose of it, and the page that shows it."""
