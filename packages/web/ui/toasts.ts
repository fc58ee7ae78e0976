/** A sentence at the foot of the page that leaves by itself, with at most one thing to do about it. */
export interface Toast {
	id: number;
	text: string;
	tone: "plain" | "danger";
	action?: { label: string; run(): void };
}

const shownMs = 6_000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
	toasts = next;
	for (const listener of listeners) listener();
}

export function toast(text: string, { tone = "plain", action }: Partial<Pick<Toast, "tone" | "action">> = {}): void {
	const id = ++last;
	set([...toasts.slice(-2), { id, text, tone, action }]);
	setTimeout(() => dismiss(id), action || tone === "danger" ? shownMs * 1.5 : shownMs);
}

export const dismiss = (id: number): void => set(toasts.filter((each) => each.id !== id));

export const toastStore = {
	subscribe(listener: () => void) {
		listeners.add(listener);
		return () => listeners.delete(listener);
	},
	snapshot: () => toasts,
};
