import { useEffect, useRef } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "#web/ui/button.tsx";
import styles from "./composer.module.css";

interface ComposerProps {
	text: string;
	onText(text: string): void;
	onSend(message: string): void;
	isPending: boolean;
	/** Ends the answer that is under way. */
	onStop(): void;
	isStopping: boolean;
}

/** Enter sends, Shift and Enter begins a line. */
export function Composer({ text, onText, onSend, isPending, onStop, isStopping }: ComposerProps) {
	const { t } = useLanguage();
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => field.current?.focus(), []);
	const message = text.trim();
	const send = () => message && !isPending && onSend(message);
	return (
		<form
			className={styles.composer}
			onSubmit={(event) => {
				event.preventDefault();
				send();
			}}
		>
			<div className={styles.box}>
				<textarea
					ref={field}
					className={styles.input}
					aria-label={t("chat.message")}
					placeholder={t("chat.placeholder")}
					rows={1}
					value={text}
					onChange={({ target }) => onText(target.value)}
					onKeyDown={(event) => {
						// While an input method composes a character, Enter accepts it.
						if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
						event.preventDefault();
						send();
					}}
				/>
				{isPending ? (
					<IconButton
						icon="stop"
						look="primary"
						label={t("chat.stop")}
						onPress={onStop}
						isPending={isStopping}
						className={styles.send}
					/>
				) : (
					<IconButton
						type="submit"
						icon="send"
						look="primary"
						label={t("chat.send")}
						isDisabled={message === ""}
						className={styles.send}
					/>
				)}
			</div>
		</form>
	);
}
