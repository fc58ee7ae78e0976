import { TextArea, TextField } from "react-aria-components";
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
				<TextField value={text} onChange={onText} aria-label={t("chat.message")} className={styles.field} autoFocus>
					<TextArea
						className={styles.input}
						rows={1}
						placeholder={t("chat.placeholder")}
						onKeyDown={(event) => {
							// While an input method composes a character, Enter accepts it.
							if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
							event.preventDefault();
							send();
						}}
					/>
				</TextField>
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
