import { type PointerEvent, useRef } from "react";

const pressMs = 450;

/** A finger that rests on an element does something; the click that follows does nothing more. */
export function useLongPress(run: () => void) {
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const wasLong = useRef(false);
	const cancel = () => clearTimeout(timer.current);
	return {
		/** Tells once whether the click that ends the press belongs to it. */
		consume(): boolean {
			const was = wasLong.current;
			wasLong.current = false;
			return was;
		},
		handlers: {
			onPointerDown({ pointerType }: PointerEvent) {
				wasLong.current = false;
				if (pointerType !== "touch") return;
				timer.current = setTimeout(() => {
					wasLong.current = true;
					run();
				}, pressMs);
			},
			// The browser cancels the pointer when the finger scrolls.
			onPointerCancel: cancel,
			onPointerUp: cancel,
			onContextMenu(event: { preventDefault(): void }) {
				// The menu of the picture would open over what the press did.
				if (wasLong.current) event.preventDefault();
			},
		},
	};
}
