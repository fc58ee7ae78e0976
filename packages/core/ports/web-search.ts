/** A page of the web, as a search engine tells of it. */
export interface WebPage {
	title: string;
	url: string;
	/** The passage that fits the query. */
	content: string;
}

/** The web outside, which sees what it is asked. */
export interface WebSearch {
	/** Whether a key is set: without one nothing of this exists for a model. */
	isEnabled(): Promise<boolean>;
	/** At most five pages, best first. @throws ModelFailure where the engine gives nothing in time */
	search(query: string, deadline: Date): Promise<WebPage[]>;
}
