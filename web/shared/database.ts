/** What a page keeps on its device, in IndexedDB, by name; its service worker reads the same. */

export const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Resolves when the transaction is on the disk (strict), not merely handed to the system. */
const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

export class Database {
  private opened: Promise<IDBDatabase> | null = null;

  constructor(
    private readonly name: string,
    private readonly stores: readonly string[],
  ) {}

  private open(): Promise<IDBDatabase> {
    this.opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => this.stores.forEach((store) => request.result.createObjectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this.opened;
  }

  async store(name: string): Promise<IDBObjectStore> {
    return (await this.open()).transaction(name).objectStore(name);
  }

  async get<T>(store: string, name: string): Promise<T | undefined> {
    return settled<T | undefined>((await this.store(store)).get(name));
  }

  async write(store: string, act: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = (await this.open()).transaction(store, "readwrite", { durability: "strict" });
    act(transaction.objectStore(store));
    await committed(transaction);
  }

  /** A key under this name, made where there is none. Two tabs may race: the first one's stays, the other takes it. */
  async key<T>(store: string, name: string, make: () => Promise<T>): Promise<T> {
    const found = await this.get<T>(store, name);
    if (found !== undefined) return found;
    const made = await make();
    const transaction = (await this.open()).transaction(store, "readwrite", { durability: "strict" });
    const earlier = await settled<T | undefined>(transaction.objectStore(store).get(name));
    if (earlier === undefined) transaction.objectStore(store).put(made, name);
    await committed(transaction);
    return earlier ?? made;
  }
}
