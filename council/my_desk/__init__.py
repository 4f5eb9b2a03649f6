"""»Mit bord«, the front page of the back office: due tasks of a user's municipalities with reason and next step."""
