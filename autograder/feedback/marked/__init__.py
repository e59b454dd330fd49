"""The pages of a MARKS folder: one for the class, a contact sheet, and for each student one to hand back."""
