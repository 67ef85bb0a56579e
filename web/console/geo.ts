/** Plane geometry near one place: good to centimetres over the few kilometres that a console shows. WGS 84 degrees, metres. */
export interface Point {
  latitude: number;
  longitude: number;
}
export type Ring = [number, number][];

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

export function distanceBetween(a: Point, b: Point): number {
  const x = (b.longitude - a.longitude) * RAD * Math.cos(((a.latitude + b.latitude) / 2) * RAD);
  const y = (b.latitude - a.latitude) * RAD;
  return Math.hypot(x, y) * EARTH_M;
}

/** Degrees clockwise from north, 0 up to 360. */
export function bearingTo(a: Point, b: Point): number {
  const x = (b.longitude - a.longitude) * Math.cos(((a.latitude + b.latitude) / 2) * RAD);
  const y = b.latitude - a.latitude;
  return (Math.atan2(x, y) / RAD + 360) % 360;
}

export function moved(from: Point, bearing_deg: number, metres: number): Point {
  const north = (metres * Math.cos(bearing_deg * RAD)) / EARTH_M / RAD;
  const east = (metres * Math.sin(bearing_deg * RAD)) / EARTH_M / RAD / Math.cos(from.latitude * RAD);
  return { latitude: from.latitude + north, longitude: from.longitude + east };
}

const pair = (p: Point): [number, number] => [p.longitude, p.latitude];

export function circle(centre: Point, radius_m: number, corners = 72): Ring {
  const ring: Ring = [];
  for (let i = 0; i <= corners; i++) ring.push(pair(moved(centre, (360 * i) / corners, radius_m)));
  return ring;
}

/** What a camera looks over: a sector; a camera that turns (no azimuth) has none. */
export function cone(at: Point, azimuth_deg: number, view_deg: number, range_m: number): Ring {
  const ring: Ring = [pair(at)];
  const steps = 16;
  for (let i = 0; i <= steps; i++) ring.push(pair(moved(at, azimuth_deg - view_deg / 2 + (view_deg * i) / steps, range_m)));
  ring.push(pair(at));
  return ring;
}
