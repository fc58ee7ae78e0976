/** A result of a web search engine. */
export interface WebPage {
	title: string;
	url: string;
	/** The passage that matches the query. */
	content: string;
}

/** Web search. The engine sees every query. */
export interface WebSearch {
	/** Tells whether a key is set; without one no model has the tool. */
	isEnabled(): Promise<boolean>;
	/** Returns at most five pages, best first. @throws ModelFailure where the engine does not answer in time */
	search(query: string, deadline: Date): Promise<WebPage[]>;
}
