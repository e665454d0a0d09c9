"""A FastAPI endpoint that does nothing, served as the services are: the port is the argument."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/v1/events")
async def nothing(request: Request) -> Response:
    """Read the body and answer."""
    await request.body()
    return Response(b"{}", 201, media_type="application/json")


if __name__ == "__main__":
    served = {"loop": "uvloop", "http": "httptools", "access_log": False, "log_level": "warning"}
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), **served)  # type: ignore[arg-type]
