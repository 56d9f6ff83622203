/** Models of GPUs, with prices [$/h and GPU] and weights as the marketplace had them in 2026, roughly. */
export const GPUS = [
  gpu('RTX 3060', 12288, 0.055, 860, 13, 14, 360, 170, 10),
  gpu('RTX 3080', 10240, 0.09, 860, 30, 24, 760, 320, 5),
  gpu('RTX 3090', 24576, 0.14, 860, 36, 34, 936, 350, 24),
  gpu('RTX 4070', 12282, 0.1, 890, 29, 32, 504, 200, 6),
  gpu('RTX 4080', 16376, 0.18, 890, 49, 52, 717, 320, 6),
  gpu('RTX 4090', 24564, 0.31, 890, 83, 90, 1008, 450, 40),
  gpu('RTX 5070 Ti', 16303, 0.16, 1200, 44, 60, 896, 300, 5),
  gpu('RTX 5080', 16303, 0.2, 1200, 56, 70, 960, 360, 6),
  gpu('RTX 5090', 32607, 0.42, 1200, 105, 150, 1792, 575, 22),
  gpu('RTX A4000', 16376, 0.09, 860, 19, 20, 448, 140, 5),
  gpu('RTX A6000', 49140, 0.42, 860, 38, 40, 768, 300, 6),
  gpu('RTX 6000Ada', 49140, 0.6, 890, 91, 90, 960, 300, 4),
  gpu('RTX PRO 6000 WS', 97887, 0.95, 1200, 125, 190, 1792, 600, 5),
  gpu('L40S', 46068, 0.55, 890, 91, 88, 864, 350, 4),
  gpu('Tesla V100', 16384, 0.12, 700, 15, 20, 900, 300, 4),
  gpu('A100 PCIE', 40960, 0.55, 800, 19, 55, 1555, 250, 4),
  gpu('A100 SXM4', 81920, 0.78, 800, 19, 60, 2039, 400, 6),
  gpu('H100 SXM', 81559, 1.75, 900, 67, 150, 3350, 700, 6),
  gpu('H200', 143771, 2.35, 900, 67, 160, 4800, 700, 3),
] as const;

export type Gpu = ReturnType<typeof gpu>;

/** @param ramMib of one; @param computeCap times 100: 890 is sm_89 */
function gpu(
  name: string,
  ramMib: number,
  price: number,
  computeCap: number,
  tflops: number,
  dlperf: number,
  memBw: number,
  watts: number,
  weight: number,
) {
  return { name, ramMib, price, computeCap, tflops, dlperf, memBw, watts, weight } as const;
}

/** As hosts write them: free text that ends in the country's code. A few are null or have no place before the code. */
export const PLACES = [
  { name: 'Texas, US', weight: 16 },
  { name: 'California, US', weight: 14 },
  { name: 'Utah, US', weight: 6 },
  { name: 'Washington, US', weight: 6 },
  { name: ', US', weight: 3 },
  { name: 'Quebec, CA', weight: 8 },
  { name: 'British Columbia, CA', weight: 3 },
  { name: 'Mexico, MX', weight: 1 },
  { name: 'Germany, DE', weight: 7 },
  { name: 'Sweden, SE', weight: 5 },
  { name: 'Norway, NO', weight: 4 },
  { name: 'Poland, PL', weight: 5 },
  { name: 'Czechia, CZ', weight: 4 },
  { name: 'France, FR', weight: 4 },
  { name: 'Spain, ES', weight: 3 },
  { name: 'Italy, IT', weight: 2 },
  { name: 'United Kingdom, GB', weight: 4 },
  { name: 'Ukraine, UA', weight: 3 },
  { name: 'Bulgaria, BG', weight: 3 },
  { name: 'Japan, JP', weight: 4 },
  { name: 'South Korea, KR', weight: 5 },
  { name: 'Taiwan, TW', weight: 5 },
  { name: 'Vietnam, VN', weight: 4 },
  { name: 'Singapore, SG', weight: 2 },
  { name: 'India, IN', weight: 3 },
  { name: 'China, CN', weight: 4 },
  { name: 'Australia, AU', weight: 2 },
  { name: 'Brazil, BR', weight: 2 },
  { name: null, weight: 2 },
] as const;

export const CPUS = ['AMD EPYC 7742 64-Core', 'AMD EPYC 7B13 64-Core', 'Xeon® E5-2680 v4', 'Core™ i9-13900K'] as const;
export const DISKS = [
  'Samsung SSD 990 PRO 2TB',
  'WD_BLACK SN850X',
  'KINGSTON SNV2S2000G',
  'INTEL SSDPE2KX040T8',
] as const;
export const DRIVERS = ['535.183.01', '550.144.03', '565.57.01', '570.133.20', '580.95.05'] as const;
