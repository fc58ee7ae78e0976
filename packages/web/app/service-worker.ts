/// <reference lib="webworker" />
// Runs beside the page: keeps the app's files, so that it opens without a network, and thumbnails, whose addresses
// are signed anew in every list.
import { keptFiles, nobody } from "#web/features/upload/kept-files.ts";

declare const self: ServiceWorkerGlobalScope;

const shellCache = "shell-1";
const thumbnailCache = "thumbnails-1";
/** About 60 MB. */
const maxThumbnails = 3_000;

self.addEventListener("install", (event) => {
	event.waitUntil(
		caches
			.open(shellCache)
			.then((cache) => cache.addAll(["/", "/config.json"]))
			.then(() => self.skipWaiting()),
	);
});

self.addEventListener("activate", (event) => {
	const kept = [shellCache, thumbnailCache];
	event.waitUntil(
		caches
			.keys()
			.then((names) => Promise.all(names.filter((name) => !kept.includes(name)).map((name) => caches.delete(name))))
			.then(() => self.clients.claim()),
	);
});

self.addEventListener("fetch", (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method === "POST" && url.origin === self.location.origin && url.pathname === "/share-target") {
		return event.respondWith(takeShared(request));
	}
	if (request.method !== "GET") return;
	if (url.origin !== self.location.origin) {
		if (url.pathname.endsWith("/thumbnail.webp") && request.destination === "image") event.respondWith(thumbnail(url));
		return;
	}
	if (request.mode === "navigate") return event.respondWith(networkFirst("/"));
	if (url.pathname === "/config.json") return event.respondWith(networkFirst("/config.json"));
	if (url.pathname.startsWith("/assets/")) event.respondWith(cacheFirst(request));
});

/** The newest where there is a network; else the last one seen. */
async function networkFirst(path: string): Promise<Response> {
	const cache = await caches.open(shellCache);
	try {
		const response = await fetch(path);
		if (response.ok) await cache.put(path, response.clone());
		return response;
	} catch (error) {
		const kept = await cache.match(path);
		if (kept) return kept;
		throw error;
	}
}

/** For files whose names change with their contents. */
async function cacheFirst(request: Request): Promise<Response> {
	const cache = await caches.open(shellCache);
	const kept = await cache.match(request);
	if (kept) return kept;
	const response = await fetch(request);
	if (response.ok) await cache.put(request, response.clone());
	return response;
}

/** A thumbnail by its path: the signature after it differs from list to list. */
async function thumbnail(url: URL): Promise<Response> {
	const key = url.origin + url.pathname;
	const cache = await caches.open(thumbnailCache);
	const kept = await cache.match(key);
	if (kept) return kept;
	// With CORS, so that the browser does not reserve megabytes for an answer whose size it may not tell.
	const response = await fetch(url, { mode: "cors", credentials: "omit" });
	if (response.ok) {
		await cache.put(key, response.clone());
		void trim(cache);
	}
	return response;
}

/** Keeps the pictures that another app shared with the installed one; the page uploads them. */
async function takeShared(request: Request): Promise<Response> {
	const files = (await request.formData()).getAll("images").filter((each) => each instanceof File);
	for (const file of files) await keptFiles.keep(nobody, { key: crypto.randomUUID(), file });
	return Response.redirect("/", 303);
}

async function trim(cache: Cache): Promise<void> {
	const keys = await cache.keys();
	// Keys are in the order in which they came.
	for (const key of keys.slice(0, Math.max(0, keys.length - maxThumbnails))) await cache.delete(key);
}

// Signing out removes the pictures of the person who used this browser.
self.addEventListener("message", (event) => {
	if (event.data === "forget") event.waitUntil(caches.delete(thumbnailCache));
});
