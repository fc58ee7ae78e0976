import styles from "./conversation.module.css";
import type { ChatMessage } from "./use-chat.ts";
import { useSuggestions } from "./use-suggestions.ts";

interface SuggestionsListProps {
	label: string;
	messages: readonly ChatMessage[];
	onAsk(text: string): void;
}

/** Questions that one press asks. */
export function SuggestionsList({ label, messages, onAsk }: SuggestionsListProps) {
	const texts = useSuggestions(messages);
	return (
		<ul className={styles.chips} aria-label={label}>
			{texts.map((text) => (
				<li key={text}>
					<button type="button" className={styles.chip} onClick={() => onAsk(text)}>
						{text}
					</button>
				</li>
			))}
		</ul>
	);
}
