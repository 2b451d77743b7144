"""Jobs: made with the rows they serve, claimed by one worker at a time, never lost, never done twice."""
