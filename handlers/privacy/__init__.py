"""Her own record: to have it on paper, or to have it gone."""
