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

/** Its range is told for this view; zoomed in, a camera that turns sees a person as large from farther away. */
const WIDEST_DEG = 60;
const FARTHEST_M = 150;

/** What a camera looks over, as rings: where one that turns should look, where another does look; none when that is not known. */
export function view(camera: { azimuth_deg: number | null; view_deg: number; range_m: number; aim?: { bearing_deg: number; view_deg: number } | null } & Point): Ring[] {
  if (camera.aim) {
    const reach = (camera.range_m * Math.tan((WIDEST_DEG / 2) * RAD)) / Math.tan((camera.aim.view_deg / 2) * RAD);
    return [cone(camera, camera.aim.bearing_deg, camera.aim.view_deg, Math.min(reach, FARTHEST_M))];
  }
  return camera.azimuth_deg === null ? [] : [cone(camera, camera.azimuth_deg, camera.view_deg, camera.range_m)];
}

function cone(at: Point, azimuth_deg: number, view_deg: number, range_m: number): Ring {
  const ring: Ring = [pair(at)];
  const steps = 16;
  for (let i = 0; i <= steps; i++) ring.push(pair(moved(at, azimuth_deg - view_deg / 2 + (view_deg * i) / steps, range_m)));
  ring.push(pair(at));
  return ring;
}
