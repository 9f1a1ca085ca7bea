export async function native() { return { absent: "not yet" }; }
