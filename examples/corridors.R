# Corridors, drawn: who leaves where, and arrives where, by how many practices. Writes corridors.pdf.
arguments <- commandArgs(trailingOnly = TRUE)
site <- if (length(arguments) > 0) arguments[1] else "http://127.0.0.1:8000"

# A corridor is an origin and a destination of one practice. NA is Namibia.
rows <- read.csv(paste0(site, "/data/practice_countries.csv"), na.strings = "")
origins <- rows[rows$role == "origin", c("practice", "country")]
destinations <- rows[rows$role == "destination", c("practice", "country")]
pairs <- merge(origins, destinations, by = "practice", suffixes = c("_from", "_to"))
corridors <- aggregate(practice ~ country_from + country_to, data = pairs, FUN = length)
corridors <- corridors[order(-corridors$practice), ]
print(head(corridors, 10), row.names = FALSE)

# The countries around a circle, an arrow for each corridor, as thick as it has practices.
countries <- sort(unique(c(corridors$country_from, corridors$country_to)))
angle <- setNames(2 * pi * seq_along(countries) / length(countries), countries)
pdf("corridors.pdf")
plot(c(-1.1, 1.1), c(-1.1, 1.1), type = "n", axes = FALSE, xlab = "", ylab = "", asp = 1)
arrows(
  cos(angle[corridors$country_from]), sin(angle[corridors$country_from]),
  cos(angle[corridors$country_to]), sin(angle[corridors$country_to]),
  lwd = corridors$practice, length = 0.08, col = "#00808080"
)
text(1.08 * cos(angle), 1.08 * sin(angle), countries, cex = 0.7)
invisible(dev.off())
