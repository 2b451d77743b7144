"""How a process proves to Azure who it is."""
