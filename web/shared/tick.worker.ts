/** A tab in the background may not throttle a worker's timer: the alarm and the escalation bar depend on it. */
setInterval(() => postMessage(0), 500);
