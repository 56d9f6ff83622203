// Original file: proto/berth/v1/admin.proto


export interface ListClassesRequest {
}

export interface ListClassesRequest__Output {
}
