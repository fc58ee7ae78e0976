/** The tags of routes: what people want to do with them, in the order in which the docs page shows the groups. */
export const tasks = [
	{ name: "Add images", description: "Upload images, small ones through the API and large ones straight to storage." },
	{ name: "Items", description: "See, filter, edit and delete images and what is known of them." },
	{ name: "Analyses", description: "Every version of what models said of an image." },
	{ name: "Redo", description: "Have an image described, or its thumbnail made, again." },
	{ name: "Tags", description: "Name what belongs together." },
	{ name: "Albums", description: "Collect items, by hand or by a search." },
	{ name: "Batches", description: "Do one thing to many items, and follow the job that does it." },
	{ name: "Search", description: "Find items by words, by meaning, or by both." },
	{ name: "Chat", description: "Ask the collection, turn by turn." },
	{ name: "Shares", description: "Show an item or an album to people without an account." },
	{ name: "Shared pages", description: "What somebody with a link sees." },
	{ name: "Webhooks", description: "Have a program of yours told when an item is ready, failed or deleted." },
	{ name: "Account", description: "The person who is signed in." },
	{ name: "Golden dataset", description: "Review analyses by hand, as references that models are measured by." },
	{ name: "Upkeep", description: "Look after the search index." },
	{ name: "Service", description: "Its health, its version and this document." },
];
