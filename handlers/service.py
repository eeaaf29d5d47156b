"""Read handwritten digits: 64 pixels (8 by 8, row by row, 0 to 16) → the digit."""

from pilotlight import Model, Service

service = Service(Model("models/digits"))
