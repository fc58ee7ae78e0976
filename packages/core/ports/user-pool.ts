/** The people who can sign in. */
export interface UserPool {
	/** Returns a person's address; null where the pool does not know the person. */
	email(userId: string): Promise<string | null>;
	/** Ends every session: no refresh token is good for another token. Does nothing where the person is gone. */
	signOut(userId: string): Promise<void>;
	/** Removes the person, who can sign up again as another. Does nothing where the person is gone. */
	delete(userId: string): Promise<void>;
}
