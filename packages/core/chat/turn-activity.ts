import type { ToolCall } from "../ports/index.ts";
import { type Conversation, pendingToolCalls } from "./conversation.ts";

/** Describes a tool call for the person. */
export function describeToolCall({ name, input }: ToolCall): string {
	const { query, item, mode } = input ?? {};
	switch (name) {
		case "search_collection": {
			const by = mode === "words" || mode === "meaning" ? ` by ${mode}` : "";
			return `Searched${by} for ${JSON.stringify(query)}.`;
		}
		case "get_item":
			return `Read item ${String(item)}.`;
		case "web_search":
			return `Searched the web for ${JSON.stringify(query)}.`;
		case "list_items":
			return "Listed items by what is known of them.";
		case "count_items":
			return "Counted items.";
		case "list_categories":
			return "Looked at the categories.";
		default:
			return `Used ${name}.`;
	}
}

/** Classifies what a turn under way is doing, by the first tool call without a result. */
export function activityOf(conversation: Conversation): "searching" | "reading" | "answering" {
	const [call] = pendingToolCalls(conversation);
	if (!call) return "answering";
	return /search/.test(call.name) ? "searching" : "reading";
}
