"""»Mit bord«, the front page of the back office: what is due in a user's municipalities, with reason and next step."""
