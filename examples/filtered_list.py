"""A filtered list as a data frame: the practices with Morocco, and how many there are on each theme."""

import sys

import pandas as pd

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"

# Any address of a list, with the format in the place of the last slash. An empty cell is none; NA is Namibia.
address = f"{SITE}/practices.csv?country=MA&sort=newest"
practices = pd.read_csv(address, dtype={"start_year": "Int64"}, keep_default_na=False, na_values=[""])
print(practices[["id", "title", "start_year"]].to_string(index=False))

# Several values of a cell are joined by "; ".
themes = practices["themes"].str.split("; ").explode()
print(themes.value_counts().to_string())
