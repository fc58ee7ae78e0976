// What a page of Vite and React is without us: a heading, pictures, a field, and the results of a search.
import { createElement as h, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const itemsShown = 30;

function Page() {
	const [items, setItems] = useState([]);
	const [results, setResults] = useState([]);
	useEffect(() => {
		fetch(`/items?limit=${itemsShown}&offset=0`)
			.then((response) => response.json())
			.then(({ items }) => setItems(items));
	}, []);
	async function search(query) {
		const response = await fetch("/search", { method: "POST", body: JSON.stringify({ query }) });
		setResults((await response.json()).results);
	}
	return h(
		"main",
		null,
		h("h1", null, "Bare page"),
		h("input", { type: "search", onChange: ({ target }) => search(target.value) }),
		h("ol", null, ...results.map((each) => h("li", { key: each.item_id }, each.headline))),
		...items.map((item) => h("img", { key: item.id, src: item.thumbnail_url, width: 180, height: 200, alt: "" })),
	);
}

createRoot(document.getElementById("root")).render(h(Page));
