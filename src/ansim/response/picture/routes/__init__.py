"""The shared picture over HTTP and sockets, one file an audience."""

from ansim.response.picture.routes import console, link, live, phone, second_channel, ward

ROUTES = [*console.ROUTES, *phone.ROUTES, *link.ROUTES, *second_channel.ROUTES, *ward.ROUTES, *live.ROUTES]
