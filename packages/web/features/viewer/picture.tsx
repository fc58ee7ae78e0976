import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import styles from "./picture.module.css";
import { bounded, fit, fitted, type Size, type View, zoomed } from "./zoom.ts";

interface PictureProps {
	url: string | undefined;
	/** Shown until the original is here. */
	thumbnail: string | null;
	alt: string;
	size: Size;
	view: View;
	onView(change: (view: View) => View): void;
	/** Lies over the picture and moves with it. */
	children?: ReactNode;
}

/** A picture that is zoomed by wheel, pinch and double click, and moved by dragging. */
export function Picture({ url, thumbnail, alt, size, view, onView, children }: PictureProps) {
	const stage = useRef<HTMLDivElement>(null);
	const room = useSize(stage);
	const shown = fit(size, room);
	const pointers = useRef(new Map<number, { x: number; y: number }>());
	const [isMoving, setMoving] = useState(false);
	const [isLoaded, setLoaded] = useState<string>();

	const change = (next: (view: View) => View) => onView((former) => bounded(next(former), shown, room));

	/** The point in pixels from the stage's centre. */
	function pointOf({ clientX, clientY }: { clientX: number; clientY: number }) {
		const box = stage.current?.getBoundingClientRect();
		if (!box) return { x: 0, y: 0 };
		return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
	}

	// React's wheel handler is passive: it could not keep the page from scrolling.
	const latest = useRef(change);
	latest.current = change;
	useEffect(() => {
		const element = stage.current;
		const onWheel = (event: WheelEvent) => {
			event.preventDefault();
			const point = pointOf(event);
			latest.current((former) => zoomed(former, Math.exp(-event.deltaY / 300), point));
		};
		element?.addEventListener("wheel", onWheel, { passive: false });
		return () => element?.removeEventListener("wheel", onWheel);
	}, []);

	return (
		// Keys and buttons of the viewer do the same.
		// biome-ignore lint/a11y/noStaticElementInteractions: see above
		<div
			ref={stage}
			className={styles.stage}
			onDoubleClick={(event) => {
				if (isText(event.target)) return;
				const point = pointOf(event);
				change((former) => (former.scale > 1 ? fitted : zoomed(former, 2.5, point)));
			}}
			onPointerDown={(event) => {
				// Text over the picture is selected by dragging.
				if (isText(event.target) || event.button !== 0) return;
				pointers.current.set(event.pointerId, pointOf(event));
				event.currentTarget.setPointerCapture(event.pointerId);
				setMoving(true);
			}}
			onPointerMove={(event) => {
				const former = pointers.current.get(event.pointerId);
				if (!former) return;
				const point = pointOf(event);
				const secondPointer = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
				pointers.current.set(event.pointerId, point);
				if (!secondPointer) return change((v) => ({ ...v, x: v.x + point.x - former.x, y: v.y + point.y - former.y }));
				const distance = (a: typeof point) => Math.hypot(a.x - secondPointer.x, a.y - secondPointer.y) || 1;
				const middle = { x: (point.x + secondPointer.x) / 2, y: (point.y + secondPointer.y) / 2 };
				change((v) => zoomed(v, distance(point) / distance(former), middle));
			}}
			onPointerUp={(event) => {
				pointers.current.delete(event.pointerId);
				setMoving(pointers.current.size > 0);
			}}
			onPointerCancel={(event) => {
				pointers.current.delete(event.pointerId);
				setMoving(pointers.current.size > 0);
			}}
		>
			<div
				className={styles.layer}
				data-moving={isMoving || undefined}
				data-zoomed={view.scale > 1 || undefined}
				style={{
					width: shown.width,
					height: shown.height,
					transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
				}}
			>
				{thumbnail && isLoaded !== url && <img className={styles.image} src={thumbnail} alt="" draggable={false} />}
				{url && <img className={styles.image} src={url} alt={alt} draggable={false} onLoad={() => setLoaded(url)} />}
				{children}
			</div>
		</div>
	);
}

const isText = (target: EventTarget) => target instanceof Element && target.closest("[data-text]") !== null;

function useSize(ref: RefObject<HTMLElement | null>): Size {
	const [size, setSize] = useState<Size>({ width: 1, height: 1 });
	useLayoutEffect(() => {
		const element = ref.current;
		if (!element) return;
		const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
		observer.observe(element);
		return () => observer.disconnect();
	}, [ref]);
	return size;
}
