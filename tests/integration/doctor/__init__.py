"""Start-up checks and the doctor, against real servers."""
