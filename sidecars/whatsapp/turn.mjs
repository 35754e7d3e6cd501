/** One piece of work after the other, in the order they were asked for. */
export class Turn {
  constructor() {
    this._tail = Promise.resolve()
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  take(work) {
    const result = this._tail.then(work)
    this._tail = result.then(nothing, nothing)
    return result
  }

  /** Resolves when all that was asked for is done. */
  over() {
    return this._tail
  }
}

function nothing() {}
