/** How a picture lies on its stage: its scale, and the shift of its centre in pixels. */
export interface View {
	scale: number;
	x: number;
	y: number;
}

export interface Size {
	width: number;
	height: number;
}

export const fitted: View = { scale: 1, x: 0, y: 0 };
const maxScale = 12;

/** The size at which the whole picture is seen; small ones are not blown up. */
export function fit(picture: Size, stage: Size): Size {
	const scale = Math.min(1, stage.width / picture.width, stage.height / picture.height);
	return { width: picture.width * scale, height: picture.height * scale };
}

/** Zooms so that the point, in pixels from the stage's centre, stays where it is. */
export function zoomed(view: View, factor: number, point: { x: number; y: number }): View {
	const scale = Math.min(maxScale, Math.max(1, view.scale * factor));
	const change = scale / view.scale;
	return { scale, x: point.x - (point.x - view.x) * change, y: point.y - (point.y - view.y) * change };
}

/** Keeps the picture on the stage: an edge goes no further than the stage's, and one that fits stays in the middle. */
export function bounded(view: View, shown: Size, stage: Size): View {
	const limit = (length: number, room: number) => Math.max(0, (length * view.scale - room) / 2);
	const maxX = limit(shown.width, stage.width);
	const maxY = limit(shown.height, stage.height);
	return {
		scale: view.scale,
		x: Math.min(maxX, Math.max(-maxX, view.x)),
		y: Math.min(maxY, Math.max(-maxY, view.y)),
	};
}
