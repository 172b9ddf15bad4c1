# A filtered list as a data frame: the practices with Morocco, and how many there are on each theme.
arguments <- commandArgs(trailingOnly = TRUE)
site <- if (length(arguments) > 0) arguments[1] else "http://127.0.0.1:8000"

# Any address of a list, with the format in the place of the last slash.
address <- paste0(site, "/practices.csv?country=MA&sort=newest")
practices <- read.csv(address, fileEncoding = "UTF-8-BOM", na.strings = "")
print(practices[, c("id", "title", "start_year")], row.names = FALSE)

# Several values of a cell are joined by "; ".
themes <- unlist(strsplit(practices$themes, "; ", fixed = TRUE))
print(sort(table(themes), decreasing = TRUE))
