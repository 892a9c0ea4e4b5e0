"""What is served, described for programs and for people: from the declarations of the procedures."""
