import { createHash } from "node:crypto";

/** The whole style of the public pages. The policy names its hash, so nothing else can style them. */
export const style = `
:root {
	color-scheme: light dark;
	--page: light-dark(#fafaf9, #0f0e0d);
	--text: light-dark(#1c1917, #f5f5f4);
	--quiet: light-dark(#57534e, #a8a29e);
	--line: light-dark(#e7e5e4, #292524);
	--field: light-dark(#ffffff, #1c1917);
	--accent: light-dark(#1d4ed8, #93c5fd);
	--on-accent: light-dark(#ffffff, #0c1a33);
	--error: light-dark(#b91c1c, #fca5a5);
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
	margin: 0;
	min-height: 100vh;
	min-height: 100dvh;
	display: flex;
	flex-direction: column;
	background: var(--page);
	color: var(--text);
	font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { flex: 1; width: 100%; max-width: 80rem; margin: 0 auto; padding: clamp(1rem, 3vw, 2.5rem); }
h1 { margin: 0; font-size: clamp(1.35rem, 1rem + 1.6vw, 2rem); line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; text-wrap: balance; }
p { margin: 0; }
.quiet { color: var(--quiet); }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 4px; }
header { display: grid; gap: 0.35rem; margin-bottom: clamp(1rem, 2.5vw, 1.75rem); }

.picture { display: grid; gap: 1.25rem; justify-items: center; }
.picture img {
	display: block;
	max-width: 100%;
	width: auto;
	height: auto;
	max-height: calc(100vh - 13rem);
	max-height: calc(100dvh - 13rem);
	min-height: 8rem;
	object-fit: contain;
	border-radius: 10px;
	background: var(--line);
	box-shadow: 0 1px 2px rgb(0 0 0 / 0.12), 0 12px 32px -12px rgb(0 0 0 / 0.35);
}
.caption { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: baseline; justify-content: space-between; width: 100%; max-width: 60rem; }
.caption h1 { flex: 1 1 12rem; }
.links { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.button {
	display: inline-flex;
	align-items: center;
	justify-content: center;
	min-height: 2.75rem;
	padding: 0 1.1rem;
	border: 1px solid var(--line);
	border-radius: 999px;
	background: var(--field);
	color: var(--text);
	font: inherit;
	font-weight: 550;
	text-decoration: none;
	cursor: pointer;
}
.button:hover { border-color: var(--quiet); }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.primary:hover { filter: brightness(1.08); border-color: var(--accent); }

.grid { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px; }
.grid li { flex: 1 1 auto; height: clamp(8.5rem, 22vw, 17rem); max-width: 100%; }
.grid li:last-child { flex-grow: 0; }
.grid a { display: block; height: 100%; border-radius: 8px; overflow: hidden; background: var(--line); }
.grid img { display: block; width: 100%; height: 100%; object-fit: cover; transition: opacity 0.15s; }
.grid a:hover img { opacity: 0.88; }
@media (max-width: 30rem) {
	.grid { display: grid; grid-template-columns: 1fr 1fr; }
	.grid li { height: auto; aspect-ratio: 1; }
}
.pages { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; justify-content: center; margin-top: 1.75rem; }

.card { width: 100%; max-width: 24rem; margin: clamp(2rem, 16vh, 9rem) auto 0; display: grid; gap: 1rem; }
form { display: grid; gap: 0.75rem; }
label { display: grid; gap: 0.35rem; font-weight: 550; }
input {
	width: 100%;
	min-height: 2.75rem;
	padding: 0 0.85rem;
	border: 1px solid var(--quiet);
	border-radius: 10px;
	background: var(--field);
	color: inherit;
	font: inherit;
}
.error { color: var(--error); }
footer { padding: 1.25rem 1rem 1.75rem; text-align: center; font-size: 0.875rem; color: var(--quiet); }
@media (prefers-reduced-motion: reduce) { .grid img { transition: none; } }
`;

const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing runs, nothing comes from elsewhere, nobody frames the page, and its form goes nowhere else. */
export const sharePolicy = [
	"default-src 'none'",
	// The empty icon is a data URL.
	"img-src 'self' data:",
	`style-src 'sha256-${styleHash}'`,
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
].join("; ");
