"""Django's SQLite backend, which opens the database there is and makes none."""
