"""The whole story walked from outside, over HTTP, WebSocket and RTSP only: nothing here knows how it is made inside."""
