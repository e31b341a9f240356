"""What a run came to, told: headline, tables, plots, one page."""
