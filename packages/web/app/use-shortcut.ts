import { useEffect, useRef } from "react";

/** Runs an action by a key, wherever the focus is but in a text; and not while a dialog is open. */
export function useShortcut(key: string, run: () => void): void {
	const latest = useRef(run);
	latest.current = run;
	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
			const target = event.target as HTMLElement;
			if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
			if (document.querySelector("[role=dialog], [role=alertdialog]")) return;
			event.preventDefault();
			latest.current();
		};
		window.addEventListener("keydown", onKeyDown);
		return () => window.removeEventListener("keydown", onKeyDown);
	}, [key]);
}
