import { type FormEvent, type ReactNode, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Banner } from "#web/ui/notice.tsx";
import styles from "./account.module.css";
import { sentenceKey } from "./errors.ts";

interface AccountFormProps {
	title: string;
	lead?: ReactNode;
	/** The verb on the button. */
	action: string;
	/** @throws with a refusal, which the form shows */
	onSubmit(values: Record<string, string>): Promise<void>;
	children: ReactNode;
	/** Another way than the button. */
	instead?: ReactNode;
	foot?: ReactNode;
}

/** A form of the account: fields, one button, and the sentence of a refusal. */
export function AccountForm({ title, lead, action, onSubmit, children, instead, foot }: AccountFormProps) {
	const { t } = useLanguage();
	const [refusal, setRefusal] = useState<string | null>(null);
	const [isPending, setPending] = useState(false);

	async function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		if (isPending) return;
		const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
		setPending(true);
		setRefusal(null);
		try {
			await onSubmit(values);
		} catch (error) {
			const key = sentenceKey(error as Error);
			setRefusal(key ? t(key) : (error as Error).message);
		} finally {
			setPending(false);
		}
	}

	return (
		<form className={styles.form} onSubmit={submit}>
			<div className={styles.intro}>
				<h1 className={styles.title}>{title}</h1>
				{lead && <p className={styles.lead}>{lead}</p>}
			</div>
			{refusal && <Banner tone="danger">{refusal}</Banner>}
			{children}
			<Button type="submit" look="primary" wide isPending={isPending} className={styles.submit}>
				{action}
			</Button>
			{instead}
			{foot && <div className={styles.foot}>{foot}</div>}
		</form>
	);
}
