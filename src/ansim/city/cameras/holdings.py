from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="camera", why="poles and lenses"),
    Impersonal(table="camera_calibration", why="how heads hang"),
    Impersonal(table="map_layer", why="roads, entrances and buildings, without who is in them"),
)
