"""What Explorer is made of: tables and questions on them, one visitor's view, and the page that shows the answers."""
