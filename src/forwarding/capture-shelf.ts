// Where captures keep what they took: the port, and the one in the memory of a hub that stands alone. Bounded, and
// emptied by itself some time after the capture has ended.

import type { CapturedExchange } from './captured.ts'

/** Exchanges that one capture keeps. */
export const EXCHANGES_MAX = 50

export interface ShelfCount {
  readonly kept: number
  /** Exchanges that came when it was full. */
  readonly left: number
}

/** Calls throw `Fault` `store_unavailable`. */
export interface CaptureShelf {
  /** Keeps the exchange of a capture, or counts it when there are enough; all of it is forgotten at `forgetAt`. */
  put(id: string, exchange: CapturedExchange, forgetAt: number): Promise<void>
  count(id: string): Promise<ShelfCount>
  /** As they arrived. */
  read(id: string): Promise<readonly CapturedExchange[]>
  drop(id: string): Promise<void>
}

/** A shelf that is gone when the process ends. */
export function createMemoryShelf(): CaptureShelf {
  interface Box {
    readonly kept: CapturedExchange[]
    left: number
    readonly timer: NodeJS.Timeout
  }
  const boxes = new Map<string, Box>()

  function boxOf(id: string, forgetAt: number): Box {
    let box = boxes.get(id)
    if (!box) {
      const timer = setTimeout(() => boxes.delete(id), Math.max(0, forgetAt - Date.now())).unref()
      box = { kept: [], left: 0, timer }
      boxes.set(id, box)
    }
    return box
  }

  return {
    async put(id, exchange, forgetAt) {
      const box = boxOf(id, forgetAt)
      if (box.kept.length < EXCHANGES_MAX) box.kept.push(exchange)
      else box.left++
    },
    async count(id) {
      const box = boxes.get(id)
      return { kept: box?.kept.length ?? 0, left: box?.left ?? 0 }
    },
    read: async (id) => [...(boxes.get(id)?.kept ?? [])],
    async drop(id) {
      clearTimeout(boxes.get(id)?.timer)
      boxes.delete(id)
    },
  }
}
