export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "collections.theme";

export const storedTheme = (): Theme => themes.find((theme) => theme === localStorage.getItem(key)) ?? "system";

/** Shows the theme that was chosen here; by default the system's. */
export function applyTheme(theme: Theme = storedTheme()): void {
	if (theme === "system") {
		localStorage.removeItem(key);
		delete document.documentElement.dataset.theme;
		return;
	}
	localStorage.setItem(key, theme);
	document.documentElement.dataset.theme = theme;
}
